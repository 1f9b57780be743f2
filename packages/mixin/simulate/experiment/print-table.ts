import { forComparison, simulate, withDifference, withoutDifference } from './scenarios.ts'

// Prints rows of the tables in docs/statistics.md, one as soon as it is simulated. The second argument is a part of the titles wanted:
// node --conditions=swarmwatch-source packages/mixin/simulate/experiment/print-table.ts 10000 'variants'
const [simulations = '1000', wanted = ''] = process.argv.slice(2)
const count = Number(simulations)
for (const scenario of [...withoutDifference, ...withDifference, ...forComparison]) {
  if (!scenario.title.includes(wanted)) continue
  const { share, medianDay } = simulate(scenario, count)
  const error = Math.sqrt((share * (1 - share)) / count)
  console.log(
    `| ${scenario.title} | ${percent(share)} | ${percent(2 * error)} | ${medianDay === Infinity ? '' : medianDay.toFixed(1)} |`,
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
