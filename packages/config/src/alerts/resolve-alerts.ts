import type { SettingsFile } from '../file/settings-file.ts'
import { prefixed, type Origin } from '../origin.ts'
import { checkedCode, resolveSettings, type Sources } from '../setting.ts'
import { alertSettings } from '../settings-groups.ts'
import { buildChannels } from './alert-channels.ts'
import { overlayRules } from './alert-rules.ts'
import type { AlertSettings } from './alert-settings.ts'
import { readCodeAlerts } from './read-code-alerts.ts'

/** The alert settings and the origin of each, by its path. */
export interface ResolvedAlerts {
  readonly values: AlertSettings
  readonly origins: Readonly<Record<string, Origin>>
}

/** Channels and rules of code and of the file, filled in from variables and defaults; channels that are off get a line in `offChannels`. */
export function resolveAlerts(file: SettingsFile, sources: Sources, code: unknown, offChannels: string[]): ResolvedAlerts {
  const keys = [...Object.keys(alertSettings), 'channels', 'rules']
  const { channels: givenChannels, rules: givenRules, ...given } = checkedCode('alerts', keys, code, sources.problems)
  const inCode = readCodeAlerts({ channels: givenChannels, rules: givenRules }, sources.problems)
  const single = resolveSettings('alerts', alertSettings, sources, given)
  if (single.values.alertmanagerPassword === undefined && single.origins.alertmanagerUser !== 'default') {
    const path = single.origins.alertmanagerUser === 'code' ? 'alerts.alertmanagerUser' : 'ALERTMANAGER_USER'
    sources.problems.push({ path, rule: 'needs ALERTMANAGER_PASSWORD or ALERTMANAGER_PASSWORD_FILE as well' })
  }
  const channels = buildChannels(file, sources, inCode.channels, offChannels)
  const rules = overlayRules(inCode.rules ?? [], file.name, file.settings.alerts?.rules ?? [])
  return {
    values: {
      ...single.values,
      channels: channels.map(({ channel }) => channel),
      rules: rules.map(({ rule }) => rule),
    },
    origins: Object.assign(
      prefixed('alerts', single.origins),
      ...channels.map(({ origins }, index) => prefixed(`alerts.channels[${index}]`, origins)),
      ...rules.map(({ origins }, index) => prefixed(`alerts.rules[${index}]`, origins)),
    ) as Record<string, Origin>,
  }
}
