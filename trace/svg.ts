import type { Layout } from "./layout.ts";
export function svg(_picture: Layout): string {
  return "";
}
