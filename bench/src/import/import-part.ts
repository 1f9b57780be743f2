import type { Part } from '../part.ts'
import { asciiTable, middleHalf, reasonLines } from '../table.ts'
import { measureImport, type ImportResult } from './measure-import.ts'

/** What an import costs, of our packages, what they stand on, and the peers. */
export const importing: Part<ImportResult> = {
  name: 'import',
  hasPeers: true,
  measure({ isShort, noPeers }) {
    return measureImport(isShort ? 5 : 21, { noPeers })
  },
  section({ runs, rows }) {
    const cells = rows.flatMap(({ imported, milliseconds, addedMegabytes }) =>
      milliseconds && addedMegabytes
        ? [
            [
              imported,
              milliseconds.median.toFixed(1),
              middleHalf(milliseconds, 1),
              addedMegabytes.median.toFixed(1),
              middleHalf(addedMegabytes, 1),
            ],
          ]
        : [],
    )
    const missing = reasonLines(rows.map(({ imported, reason }) => ({ name: imported, reason })))
    return `## Import

\`\`\`
${asciiTable(['import', 'ms', 'middle half', 'added MB', 'middle half'], cells)}
\`\`\`

${missing}Packages as they are published, in a process that has just started, ${runs} processes each, in turn; without the start of Node itself. The goals for
\`@swarmwatch/sdk\` are less than 60 ms and 25 MB. \`@swarmwatch/node\` sets up exporters and is loaded once by the application.
`
  },
}
