"""What SDK calls cost, by an independent calculation, to the nano-dollar.

The whole session is checked so once more at its end, with `turnpike reconcile` (conftest.py).
"""

import pytest


@pytest.mark.relay
def test_every_request_stands_in_the_usage_at_its_exact_cost(target):
    seen = len(target.recorder.exchanges)
    for words in [1, 2, 3, 5, 8, 1000]:
        text = "word " * words
        for stream in [False, True]:
            options = {"messages": [{"role": "user", "content": text}], "max_tokens": words, "stream": stream}
            for model in ["sandbox/echo", "sandbox/lorem-0"]:
                for answer in [
                    target.openai().chat.completions.create(model=model, **options),
                    target.anthropic().messages.create(model=model, **options),
                ]:
                    if stream:
                        list(answer)
    made = target.recorder.exchanges[seen:]
    assert target.relay.check_bill(made) == len(made) == 48
    ids = {row["request_id"] for row in target.relay.json_usage()}
    assert {exchange.headers["x-request-id"] for exchange in made} <= ids
