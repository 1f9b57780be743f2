import { expect, test } from 'vitest'

import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

test('has every series from the start, with 0 where something is counted', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel({ name: 'email' })], settings: { watchdogSeconds: 300 } })
  const response = await fetch(`${bridge.url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain')
  const text = await response.text()
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  expect(series.map((line) => line.replace(/^(bridge_watchdog_age_seconds) .*/, '$1 AGE'))).toMatchInlineSnapshot(`
    [
      "bridge_received_total 0",
      "bridge_duplicates_total{kind="retry"} 0",
      "bridge_duplicates_total{kind="peer"} 0",
      "bridge_duplicates_total{kind="resend"} 0",
      "bridge_duplicates_total{kind="event"} 0",
      "bridge_deliveries_total{channel="email",outcome="delivered"} 0",
      "bridge_deliveries_total{channel="email",outcome="retry"} 0",
      "bridge_deliveries_total{channel="email",outcome="channel_down"} 0",
      "bridge_deliveries_total{channel="email",outcome="undeliverable"} 0",
      "bridge_deliveries_total{channel="email",outcome="gave_up"} 0",
      "bridge_deliveries_total{channel="email",outcome="collapsed"} 0",
      "bridge_dead_letters_total 0",
      "bridge_fallbacks_total{channel="email"} 0",
      "bridge_fallbacks_total{channel="last_resort"} 0",
      "bridge_unknown_outcomes_total 0",
      "bridge_inbox_oldest_age_seconds 0",
      "bridge_breaker_open{channel="email"} 0",
      "bridge_watchdog_age_seconds AGE",
    ]
  `)
})
