/** Fate of a task in the test of killed workers: `busy` fails in its first attempt, `wrong` in each. */
export function kindOf(number: number): 'fine' | 'busy' | 'wrong' {
  if (number % 10 === 0) return 'busy'
  return number % 25 === 1 ? 'wrong' : 'fine'
}
