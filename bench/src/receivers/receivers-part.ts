import { whyNoDocker } from '../docker.ts'
import type { Part } from '../part.ts'
import { measureReceivers, type ReceiversResult } from './measure-receivers.ts'
import { receiversSection } from './report-receivers.ts'

/** The same alerts under the same faults, told by Alertmanager itself and by the bridge. */
export const receivers: Part<ReceiversResult> = {
  name: 'receivers',
  cannotRun: ({ isShort }) => (isShort ? Promise.resolve('it takes seven minutes, which a short run has not') : whyNoDocker()),
  measure: () => measureReceivers(),
  section: receiversSection,
}
