-- Tokens that were used already: KEYS[1] the bucket, ARGV its limit in a minute and how many.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local new = tat + tonumber(ARGV[2]) * 60000000 / tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000) + 1000)
