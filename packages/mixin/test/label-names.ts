/** The labels that a PromQL expression names: in matchers, groupings and joins. */
export function labelNames(expr: string): readonly string[] {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
  const matched = [...bare.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*""/g)].map(([, name]) => name!)
  const grouped = [...bare.matchAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)]
  const listed = grouped.flatMap(([, names]) => names!.split(',').map((name) => name.trim()))
  return [...new Set([...matched, ...listed.filter((name) => name !== '')])]
}
