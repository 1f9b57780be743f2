import { ruleList } from '../alert-rules.ts'
import { fileChannels } from '../channels/channel-types.ts'
import { alertSettings } from '../settings/alerts.ts'
import { monitorSettings } from '../settings/monitor.ts'
import { agentLimits, recoveryLimits } from '../settings/recovery.ts'
import type { Setting } from '../settings/setting.ts'
import { metricsSettings } from '../settings/telemetry.ts'
import type { SectionShape, Shape } from '../shape.ts'

const settings: readonly Pick<Setting<unknown>, 'fileKey' | 'about' | 'value' | 'default'>[] = [
  monitorSettings,
  metricsSettings,
  recoveryLimits,
  alertSettings,
].flatMap((group) => Object.values(group))

/** The whole of `config/production.yaml`. Keys it does not know are problems. */
export const fileShape: SectionShape = {
  kind: 'section',
  keys: {
    monitoring: section('monitoring'),
    recovery: section('recovery', { agents: agentLimits }),
    alerts: section('alerts', { channels: fileChannels, rules: ruleList }),
  },
}

/** A section with every setting that has a key in it. */
function section(name: string, others: Readonly<Record<string, Shape>> = {}): SectionShape {
  const keys = settings.flatMap(({ fileKey, about, value, default: fallback }): [string, Shape][] => {
    const [sectionName, key] = fileKey?.split('.') ?? []
    return sectionName === name && key !== undefined ? [[key, { kind: 'value', rule: value, about, default: fallback }]] : []
  })
  return { kind: 'section', keys: { ...Object.fromEntries(keys), ...others } }
}
