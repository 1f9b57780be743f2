import { whyNoDocker } from '../docker.ts'
import type { Part } from '../part.ts'
import { asciiTable } from '../table.ts'
import { measureStack, type StackResult } from './measure-stack.ts'

/** The production stack: how soon it is healthy, what it uses, how soon a person knows. */
export const stack: Part<StackResult> = {
  name: 'stack',
  cannotRun: ({ isShort }) => (isShort ? Promise.resolve('it takes six minutes, which a short run has not') : whyNoDocker()),
  measure: () => measureStack(),
  section({ without, secondsToHealthy, atRest, underLoad, ticksPerSecond, steps, images }) {
    const steady = atRest.map(({ name, memoryMegabytes, cpu }) => {
      const loaded = underLoad.find((use) => use.name === name)
      return [
        name,
        memoryMegabytes.toFixed(0),
        percent(cpu),
        loaded?.memoryMegabytes.toFixed(0) ?? '-',
        loaded ? percent(loaded.cpu) : '-',
      ]
    })
    return `## Production stack

\`\`\`
${asciiTable(
  ['from the first failure to a person', 's'],
  steps.map(({ what, seconds }) => [what, seconds.toFixed(1)]),
)}
\`\`\`

\`docker-compose.production.yml\` with the thresholds, waits and intervals of production: calls of an agent outside begin to fail, all at once. What a
person waits for is what the rules ask for (failures in one go can be chance); the way itself takes seconds.

\`\`\`
${asciiTable(['container', 'MB at rest', 'core', 'MB under load', 'core'], steady)}
\`\`\`

At rest the reference swarm runs by its schedule; under load an agent outside runs ${ticksPerSecond} times a second besides. Medians; "core" is the share of one
core. All was healthy ${secondsToHealthy.toFixed(1)} s after \`up\`, with the images there.${without.length > 0 ? ` Without ${without.join(' and ')}, whose images were not to be had.` : ''} Memory over ten minutes, and what is
left when services are killed: [operations](operations.md).

\`\`\`
${asciiTable(
  ['image', 'MB'],
  images.map(({ name, megabytes }) => [name, megabytes.toFixed(0)]),
)}
\`\`\`

Sizes as Docker shows them on that machine.
`
  },
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
