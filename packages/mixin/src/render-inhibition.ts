import { type AlertSelection, type InhibitionRule, inhibitionRules } from '@swarmwatch/config'

import { fleetLabels, label } from './series.ts'
import { MixinError } from './settings.ts'

/**
 * Alertmanager's configuration with the inhibition rules between the two marks, where `pnpm mixin`
 * writes them.
 */
export function withInhibitionRules(template: string): string {
  const region = /(?<=^# inhibition rules begin.*\n)[\s\S]*(?=^# inhibition rules end$)/m
  if (!region.test(template))
    throw new MixinError('the template of Alertmanager has no lines "# inhibition rules begin" and "end"')
  return template.replace(region, () => `inhibit_rules:\n${inhibitionRules.map(entryOf).join('')}`)
}

function entryOf({ name, source, target, same }: InhibitionRule): string {
  const equal = {
    agent: [label.job, label.agent, ...fleetLabels],
    fleet: fleetLabels,
    anything: [],
  }[same]
  const lines = [
    `- name: ${name}`,
    `  source_matchers: [${matchersOf(source)}]`,
    `  target_matchers: [${matchersOf(target)}]`,
    ...(equal.length === 0 ? [] : [`  equal: [${equal.join(', ')}]`]),
  ]
  return lines.map((line) => `  ${line}\n`).join('')
}

function matchersOf({ alerts, severities, job }: AlertSelection): string {
  return [
    matcher('alertname', alerts),
    ...(severities === undefined ? [] : [matcher('severity', severities)]),
    ...(job === undefined ? [] : [matcher('job', [job])]),
  ].join(', ')
}

/** Alertmanager anchors a regular expression at both ends. */
function matcher(name: string, values: readonly string[]): string {
  const isPlain = values.length === 1 && !values[0]!.includes('*')
  return isPlain ? `${name} = ${values[0]}` : `${name} =~ "${values.join('|').replaceAll('*', '.*')}"`
}
