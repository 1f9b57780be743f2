import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const texts = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string(), fc.constantFrom('<!channel>', '\r\nBcc: x@y.z', '__proto__', '\u0000')),
)
const bodies = fc.oneof(
  fc.json(),
  fc.record({ labels: texts, annotations: texts }).map(({ labels, annotations }) => {
    const group = firing()
    const alerts = [{ ...group.alerts[0], labels, annotations, fingerprint: '' }]
    return JSON.stringify({ ...group, groupLabels: labels, commonLabels: labels, commonAnnotations: annotations, alerts })
  }),
)

test.prop([fc.array(bodies, { minLength: 1, maxLength: 20 })], { numRuns: 15 })(
  'any authenticated JSON is delivered or quarantined as unreadable',
  async (all) => {
    const channel = recordingChannel()
    const bridge = await startedBridge({ channels: [channel], times: { stormWindowMs: 0 } })
    let [kept, quarantined] = [new Set<string>(), 0]
    for (const body of all) {
      const response = await bridge.post('/api/v1/alerts', body)
      expect(response.status).toBe(200)
      const answer = (await response.json()) as { id: string; quarantined?: string }
      if (answer.quarantined === undefined) kept.add(answer.id)
      else quarantined += 1
    }
    await bridge.idle()
    const accounted = new Set((await bridge.deliveries()).map(({ noticeId }) => noticeId))
    expect([...kept].filter((id) => id !== 'watchdog' && !accounted.has(id))).toEqual([])
    const listed = (await (await bridge.get('/api/v1/deliveries?state=quarantined')).json()) as { quarantined: object[] }
    expect(listed.quarantined).toHaveLength(quarantined)
    await bridge.service.stop()
  },
)
