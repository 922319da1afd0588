"""The suites' server: in front of the sandbox, and held to every charge."""

from decimal import Decimal

import bill
from server import Server, wait_for

MODELS = [
    *bill.PRICES, "sandbox/lorem", "sandbox/cut-2", "sandbox/slow-20", "sandbox/fail-400", "sandbox/fail-401",
    "sandbox/fail-429", "sandbox/fail-500",
]


class Relay(Server):
    """The server with a channel to the sandbox, and with keys of tenants who can pay, cannot, and have left."""

    def __init__(self, folder, upstream=None):
        """`upstream`: the only dialect its channel speaks; none: the caller's, whichever that is."""
        super().__init__(folder)
        self.upstream = upstream
        offers = [{"model": model} for model in MODELS]
        channel = {"name": "sandbox", "provider": "sandbox", "models": offers}
        made = self.call("POST", "/channels", channel | ({"dialects": [self.upstream]} if self.upstream else {}))
        self.channel = made["id"]
        for model in MODELS:
            rate_in, rate_out = bill.price(model)
            self.make_price(model, {"input": rate_in, "output": rate_out})
        self.key = self.key_of_new_tenant("rich", "10")["secret"]
        self.broke_key = self.key_of_new_tenant("broke", None)["secret"]
        revoked = self.key_of_new_tenant("leaver", "10")
        self.call("DELETE", f"/keys/{revoked['id']}")
        self.revoked_key = revoked["secret"]
        self.keeping_key, self.other_keeping_key = (self._keeper(name) for name in ("keeper", "other keeper"))

    def forget_failures(self):
        """The channel is as well as on its first day: a test's failures are not the next one's."""
        self.call("DELETE", f"/channels/{self.channel}/health")

    def _keeper(self, name):
        """A key of a tenant whose responses are kept."""
        key = self.key_of_new_tenant(name, "10")
        self.call("PATCH", f"/tenants/{key['tenant']}", {"response_days": 30})
        return key["secret"]

    @staticmethod
    def until(condition):
        return wait_for("effect of a change", condition)

    def check_bill(self, exchanges):
        """Every request of these is in the usage, and each whole answer at its exact cost."""
        made = [exchange for exchange in exchanges if exchange.dialect and exchange.status == 200]
        wanted = {exchange.headers["x-request-id"]: exchange for exchange in made}
        assert len(wanted) == len(made), "every request has an id of its own"

        def all_there():
            rows = self.usage()
            return rows if wanted.keys() <= rows.keys() else None

        answers = bill.responses(made)
        rows = wait_for("usage of every request", all_there)
        compared = 0
        for request_id, exchange in wanted.items():
            row = rows[request_id]
            assert (row["status"], row["model"]) == ("200", exchange.model)
            if not exchange.whole or "cut-" in exchange.model:
                continue
            tokens = int(row["input_tokens"]), int(row["output_tokens"])
            assert tokens == bill.counts(exchange, answers), row
            assert row["usage_source"] == "reported"
            assert Decimal(row["cost_usd"]) == bill.exact_cost(exchange, answers), row
            if not exchange.streamed:
                assert Decimal(exchange.headers["x-turnpike-cost-usd"]) == bill.exact_cost(exchange, answers)
            compared += 1
        refused = [row for row in rows.values() if int(row["status"]) >= 400]
        assert all(Decimal(row["cost_usd"]) == 0 for row in refused), "who is refused pays nothing"
        return compared
