// A place that sells credit through Epay: its orders are links, and what an aggregator tells of them is signed here as it does.
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { expect, Turnpike } from "./turnpike";

const KEY = "the shop's key";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (!address || typeof address === "string") throw new Error("no port");
  return address.port;
}

export async function openShop(): Promise<Turnpike> {
  const port = await freePort();
  return Turnpike.start(port, {
    TURNPIKE_SERVER__PUBLIC_URL: `http://127.0.0.1:${port}`,
    TURNPIKE_PAYMENTS__CURRENCIES: '[{code = "CNY", rate = "7.25", fee_fixed = "0.5", fee_ppm = 6000}]',
    // Nobody listens there: an order by Epay is a link, and what is paid comes by its webhook.
    TURNPIKE_PAYMENTS__EPAY__GATEWAY: "http://127.0.0.1:9/",
    TURNPIKE_PAYMENTS__EPAY__PID: "1001",
    TURNPIKE_PAYMENTS__EPAY__KEY: KEY,
  });
}

// What the aggregator calls after the payer of this link has paid.
export async function pay(shop: Turnpike, link: string) {
  const order = new URL(link).searchParams;
  const told: Record<string, string> = {
    pid: order.get("pid") ?? "",
    trade_no: `pay-${order.get("out_trade_no")}`,
    out_trade_no: order.get("out_trade_no") ?? "",
    type: order.get("type") ?? "",
    name: order.get("name") ?? "",
    money: order.get("money") ?? "",
    trade_status: "TRADE_SUCCESS",
  };
  const text = Object.keys(told).sort().map((name) => `${name}=${told[name]}`).join("&");
  const sign = createHash("md5").update(text + KEY).digest("hex");
  const answer = await fetch(`${shop.origin}/webhooks/epay?${new URLSearchParams({ ...told, sign, sign_type: "MD5" })}`);
  expect(await answer.text()).toBe("success");
}
