import type { AlertGroup } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { activeAlert, type ActiveAlert, type AlertChange, type AlertRound } from '../../src/alerts/alert-receiver.ts'
import { type Deliver, groupReceiver } from '../../src/alerts/group-receiver.ts'
import { inProcessRule } from '../../src/alerts/in-process-rule.ts'

function alertOf(name: string, severity: 'critical' | 'warning' = 'critical'): ActiveAlert {
  const rule = inProcessRule({ name, severity, condition: () => true, description: 'too much' })
  return activeAlert(
    rule,
    { finding: 'too much', sinceMs: Date.UTC(2026, 0, 1) },
    { service: 'swarm', instance: 'a-1', environment: '' },
  )
}

const firing = (alert: ActiveAlert): AlertChange => ({ status: 'firing', alert })
const resolved = (alert: ActiveAlert): AlertChange => ({ status: 'resolved', alert })

function round(minute: number, active: readonly ActiveAlert[], changes: readonly AlertChange[] = []): AlertRound {
  return { nowMs: Date.UTC(2026, 0, 1, 0, minute), intervalSeconds: 60, firing: active, changes }
}

/** A receiver whose deliveries are kept; `fails` selects those that reject. */
function kept(fails: (delivery: number) => boolean = () => false): {
  deliver: Deliver
  groups: AlertGroup[]
  delivered: () => string[]
} {
  const groups: AlertGroup[] = []
  const delivered = (): string[] =>
    groups.map(({ notification_reason, alerts }) => {
      const shown = alerts.map(({ status, labels }) => `${status} ${labels['alertname']}/${labels['severity']}`)
      return `${notification_reason}: ${shown.join(', ')}`
    })
  const deliver = async (group: AlertGroup): Promise<void> => {
    groups.push(group)
    if (fails(groups.length - 1)) throw new Error('down')
  }
  return { deliver, groups, delivered }
}

const one = alertOf('One')

test("hands over the shape of Alertmanager's webhook, version 4", async () => {
  const { deliver, groups } = kept()
  await groupReceiver(deliver, { pageUrl: 'http://127.0.0.1:8080/' }).update(round(2, [one], [firing(one)]))
  const labels = { service: 'swarm', instance: 'a-1', alertname: 'One', severity: 'critical' }
  const annotations = { summary: 'One: too much', description: 'too much' }
  expect(groups).toEqual([
    {
      version: '4',
      groupKey: '{}:{alertname="One", instance="a-1", service="swarm"}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'swarmwatch',
      groupLabels: { alertname: 'One', service: 'swarm', instance: 'a-1' },
      commonLabels: labels,
      commonAnnotations: annotations,
      routeLabels: {},
      notification_reason: 'first notification',
      externalURL: 'http://127.0.0.1:8080/',
      alerts: [
        {
          status: 'firing',
          labels,
          annotations,
          startsAt: '2026-01-01T00:00:00.000Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://127.0.0.1:8080/',
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        },
      ],
    },
  ])
})

test('delivers firing and resolved alerts once each, one group for each alert name', async () => {
  const { deliver, delivered, groups } = kept()
  const receiver = groupReceiver(deliver)
  const [warning, other] = [alertOf('One', 'warning'), alertOf('Other')]
  await receiver.update(round(0, [warning, other], [firing(warning), firing(other)]))
  await receiver.update(round(1, [warning, other]))
  await receiver.update(round(2, [one, warning, other], [firing(one)]))
  await receiver.update(round(3, [one, other], [resolved(warning)]))
  await receiver.update(round(4, [], [resolved(one), resolved(other)]))
  await receiver.update(round(5, []))
  expect(delivered()).toEqual([
    'first notification: firing One/warning',
    'first notification: firing Other/critical',
    'new alerts added: firing One/critical, firing One/warning',
    'some alerts resolved: firing One/critical, resolved One/warning',
    'all alerts resolved: resolved One/critical',
    'all alerts resolved: resolved Other/critical',
  ])
  expect(groups.at(-1)).toMatchObject({ status: 'resolved', alerts: [{ endsAt: '2026-01-01T00:04:00.000Z' }] })
})

test('delivers a firing alert again after the repeat interval', async () => {
  const { deliver, delivered } = kept()
  const receiver = groupReceiver(deliver, { repeatSeconds: 600 })
  await receiver.update(round(0, [one], [firing(one)]))
  for (let minute = 1; minute <= 21; minute += 1) await receiver.update(round(minute, [one]))
  expect(delivered()).toEqual([
    'first notification: firing One/critical',
    'repeat interval elapsed: firing One/critical',
    'repeat interval elapsed: firing One/critical',
  ])
})

test('a refused delivery rejects the round and is repeated in the next one, with the changes since then', async () => {
  const { deliver, delivered } = kept((delivery) => delivery < 2)
  const receiver = groupReceiver(deliver)
  await expect(receiver.update(round(0, [one], [firing(one)]))).rejects.toThrow('a group was not delivered (Error)')
  await expect(receiver.update(round(1, [one]))).rejects.toThrow()
  await receiver.update(round(2, [], [resolved(one)]))
  await receiver.update(round(3, []))
  expect(delivered()).toEqual([
    'first notification: firing One/critical',
    'first notification: firing One/critical',
    'all alerts resolved: resolved One/critical',
  ])
})

test('a group that is refused holds back no other', async () => {
  const { deliver, delivered } = kept((delivery) => delivery === 0)
  const receiver = groupReceiver(deliver)
  const other = alertOf('Other')
  await expect(receiver.update(round(0, [one, other], [firing(one), firing(other)]))).rejects.toThrow()
  await receiver.update(round(1, [one, other]))
  expect(delivered()).toEqual([
    'first notification: firing One/critical',
    'first notification: firing Other/critical',
    'first notification: firing One/critical',
  ])
})

test('a delivery that never ends is given up after its time', async () => {
  const receiver = groupReceiver(() => new Promise(() => {}), { timeoutMs: 20 })
  await expect(receiver.update(round(0, [one], [firing(one)]))).rejects.toThrow('a group was not delivered (timeout)')
})

test('a function that throws at once counts as refused', async () => {
  const receiver = groupReceiver(() => {
    throw new TypeError('no')
  })
  await expect(receiver.update(round(0, [one], [firing(one)]))).rejects.toThrow('a group was not delivered (TypeError)')
})
