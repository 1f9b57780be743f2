import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import type { Part } from '../part.ts'
import { measureReceivers, type ReceiversResult } from './measure-receivers.ts'
import { receiversSection } from './report-receivers.ts'

/** The same alerts under the same faults, told by Alertmanager itself and by the bridge. */
export const receivers: Part<ReceiversResult> = {
  name: 'receivers',
  async cannotRun({ isShort }) {
    if (isShort) return 'it takes seven minutes, which a short run has not'
    const docker = promisify(execFile)('docker', ['info'])
    return docker.then(
      () => undefined,
      () => 'Docker is not running',
    )
  },
  measure: () => measureReceivers(),
  section: receiversSection,
}
