import type { Part } from '../part.ts'
import { measureIsolation, type IsolationMeasured } from './measure-isolation.ts'
import { isolationSection } from './report-isolation.ts'

/** What an agent notices of broken telemetry: the isolation suite against ours, a span by hand and the peers. */
export const isolation: Part<IsolationMeasured> = {
  name: 'isolation',
  hasPeers: true,
  async cannotRun({ isShort }) {
    return isShort ? 'a short run is about ratios; a test of the SDK holds that ours passes' : undefined
  },
  measure: ({ noPeers }) => measureIsolation(noPeers),
  section: isolationSection,
}
