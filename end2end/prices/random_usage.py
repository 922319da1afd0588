"""Answers with random usages, as each provider would write them."""


def openai(random, row):
    prompt, completion = random.randint(1, 400_000), random.randint(1, 60_000)
    details = {"cached_tokens": random.randint(0, prompt)} if "cache_read" in row.rates else {}
    reasoning = random.randint(0, completion) if random.random() < 0.5 else 0
    usage = {
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": details, "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    message = {"role": "assistant", "content": "said"}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
              "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    services = ["flex", "priority"] if "service_tiers" in row.rates else []
    service = random.choice([None, *services])
    return answer | ({"service_tier": service} if service else {}), service


def responses(random, row):
    answer, service = openai(random, row)
    told = answer["usage"]
    usage = {
        "input_tokens": told["prompt_tokens"], "output_tokens": told["completion_tokens"], "total_tokens": told["total_tokens"],
        "input_tokens_details": {"cached_tokens": 0} | told["prompt_tokens_details"],
        "output_tokens_details": told["completion_tokens_details"],
    }
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "said", "annotations": []}]}
    answer = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed", "output": [item], "usage": usage}
    return answer | ({"service_tier": service} if service else {}), service


def anthropic(random, row):
    five, hour = random.randint(0, 50_000), random.randint(0, 50_000) if "cache_write_1h" in row.rates else 0
    usage = {
        "input_tokens": random.randint(1, 150_000), "output_tokens": random.randint(1, 60_000),
        "cache_read_input_tokens": random.randint(0, 150_000), "cache_creation_input_tokens": five + hour,
        "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour},
    }
    answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": None,
              "content": [{"type": "text", "text": "said"}], "usage": usage}
    return answer, None


def gemini(random, row):
    prompt, answer, thoughts = random.randint(1, 400_000), random.randint(1, 60_000), random.randint(0, 20_000)
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": answer, "thoughtsTokenCount": thoughts,
             "cachedContentTokenCount": random.randint(0, prompt), "totalTokenCount": prompt + answer + thoughts}
    content = {"role": "model", "parts": [{"text": "said"}]}
    return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "modelVersion": "m", "usageMetadata": usage}, None
