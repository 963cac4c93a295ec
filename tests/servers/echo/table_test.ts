import { assertEquals } from "@std/assert";
import { Table } from "../../../servers/echo/table.ts";

Deno.test("Table keeps a row for each descriptor, and counts them", () => {
  const table = new Table<{ name: string }>();
  table.set(7, { name: "a" });
  table.set(3, { name: "b" });
  table.set(7, { name: "c" });
  assertEquals(table.size, 2);
  assertEquals(table.get(7), { name: "c" });
  assertEquals(table.get(4), undefined);
  assertEquals([...table].map(({ name }) => name), ["b", "c"]);
  assertEquals([table.delete(7), table.delete(7), table.delete(8)], [
    true,
    false,
    false,
  ]);
  assertEquals([table.size, table.get(7)], [1, undefined]);
});

Deno.test("Table has no row for -1, the number of all closed sockets", () => {
  const table = new Table<{ name: string }>();
  table.set(0, { name: "a" });
  assertEquals(table.get(-1), undefined);
  assertEquals(table.delete(-1), false);
  assertEquals(table.size, 1);
});

Deno.test("Table allows deleting rows while iterating", () => {
  const table = new Table<{ fd: number }>();
  for (const fd of [2, 5, 6, 9]) table.set(fd, { fd });
  const seen: number[] = [];
  for (const { fd } of table) {
    seen.push(fd);
    table.delete(fd);
    table.delete(6);
  }
  assertEquals(seen, [2, 5, 9]);
  assertEquals(table.size, 0);
});
