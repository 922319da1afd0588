-- Takes of several subjects' limits, or of none: requests and tokens a minute as leaky buckets (GCRA, in microseconds), requests
-- at once as places that run out by themselves.
-- KEYS: for each subject its requests, tokens, places. ARGV: the place's name, how long a place lives (us), then for each
-- subject rpm, tpm, concurrency (0: none), tokens. Answers {0, left...} with four numbers a subject (remaining and reset in us, of
-- requests and of tokens; -1: no limit), or {1, subject, which, wait in us (-1: never)}; which is 1 requests, 2 tokens, 3 places.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local place, lives = ARGV[1], tonumber(ARGV[2])
local minute = 60000000

local function bucket(key, limit, count)
  local each = minute / limit
  local tat = math.max(tonumber(redis.call('GET', key) or 0), now)
  local new = tat + count * each
  return new, new - minute - now, each
end

local taken = {}
local subjects = #KEYS / 3
for i = 1, subjects do
  local k, a = (i - 1) * 3, 2 + (i - 1) * 4
  local rpm, tpm, places, tokens = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  if places > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[k + 3], '-inf', now)
    if redis.call('ZCARD', KEYS[k + 3]) >= places then return {1, i, 3, 1000000} end
  end
  local entry = {key = k, places = places}
  if tpm > 0 then
    if tokens > tpm then return {1, i, 2, -1} end
    local new, wait, each = bucket(KEYS[k + 2], tpm, tokens)
    if wait > 0 then return {1, i, 2, math.ceil(wait)} end
    entry.tokens, entry.tokens_each = new, each
  end
  if rpm > 0 then
    local new, wait, each = bucket(KEYS[k + 1], rpm, 1)
    if wait > 0 then return {1, i, 1, math.ceil(wait)} end
    entry.requests, entry.requests_each = new, each
  end
  taken[i] = entry
end

local answer = {0}
local function keep(key, new, each)
  if not new then
    table.insert(answer, -1)
    table.insert(answer, -1)
    return
  end
  redis.call('SET', key, string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000) + 1000)
  table.insert(answer, math.floor((minute - (new - now)) / each + 0.000001))
  table.insert(answer, math.floor(new - now))
end
for i = 1, subjects do
  local entry = taken[i]
  if entry.places > 0 then
    redis.call('ZADD', KEYS[entry.key + 3], now + lives, place)
    redis.call('PEXPIRE', KEYS[entry.key + 3], math.ceil(lives / 1000) + 1000)
  end
  keep(KEYS[entry.key + 1], entry.requests, entry.requests_each)
  keep(KEYS[entry.key + 2], entry.tokens, entry.tokens_each)
end
return answer
