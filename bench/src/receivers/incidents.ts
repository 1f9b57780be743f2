/** The alerts of each case: each is a group of its own. */
export const incidents: readonly string[] = Array.from(
  { length: 20 },
  (_, index) => `Incident${String(index + 1).padStart(2, '0')}`,
)
