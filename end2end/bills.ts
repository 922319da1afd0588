// Bills of months that are over: money is moved into the past in the database itself, since nobody can wait for a month to end.
import { execFileSync } from "node:child_process";
import type { Turnpike } from "./turnpike";

// Every transfer of a tenant becomes 40 days older. The table lets nobody change it: its trigger is taken away meanwhile.
const AGE = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
name, trigger = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'transfers' AND sql LIKE '%BEFORE UPDATE%'").fetchone()
db.execute("BEGIN IMMEDIATE")
db.execute(f"DROP TRIGGER {name}")
tenant = db.execute("SELECT id FROM tenants WHERE name = ? ORDER BY id DESC", (sys.argv[2],)).fetchone()[0]
db.execute("UPDATE transfers SET time = time - 40 * 86400 * 1000000 WHERE tenant = ?", (tenant,))
db.execute(trigger)
month = db.execute("SELECT strftime('%Y-%m', time / 1000000, 'unixepoch') FROM transfers WHERE tenant = ? ORDER BY line DESC", (tenant,)).fetchone()[0]
db.execute("COMMIT")
print(month)
`;

// Freezes what a tenant's wallet has seen so far as the bill of a month that is over.
export async function bill(turnpike: Turnpike, tenant: { id: string; name: string }) {
  const month = execFileSync("python3", ["-c", AGE, turnpike.database, tenant.name], { encoding: "utf8" }).trim();
  const { id, number } = await turnpike.api("POST", `/tenants/${tenant.id}/statements`, { month });
  return { id: id as string, number: number as string, month };
}

// What a ZIP holds, as Python reads it: the text of each file by its name.
export function unzip(file: string): Record<string, string> {
  const read = "import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))";
  return JSON.parse(execFileSync("python3", ["-c", read, file], { encoding: "utf8", maxBuffer: 64 << 20 }));
}
