import { z } from 'zod'

import type { Setting } from '../setting.ts'
import { alertSettings, metricsSettings, monitorSettings, recoveryLimits } from '../settings-groups.ts'
import { channelsSchema } from './channel-schema.ts'
import type { FileRecoveryLimits, FileSettings } from './file-settings.ts'
import { rulesSchema } from './rule-schema.ts'
import { section } from './section.ts'

const limits = {
  max_retries: keyOf(recoveryLimits.maxRetries),
  base_delay: keyOf(recoveryLimits.baseDelaySeconds),
  max_delay: keyOf(recoveryLimits.maxDelaySeconds),
  exponential_factor: keyOf(recoveryLimits.exponentialFactor),
}

const agents: z.ZodType<Record<string, FileRecoveryLimits>> = z
  .record(z.string(), section(limits), { error: 'must be a mapping from agent names to limits' })
  .meta({ description: 'Limits of single agents, by name; what is left out is as for all agents.', default: {} })

/** The whole of `config/production.yaml`. Keys it does not know are problems. */
export const fileSchema: z.ZodType<FileSettings> = section({
  monitoring: section({
    enabled: keyOf(monitorSettings.enabled),
    health_check_interval: keyOf(monitorSettings.intervalSeconds),
    metrics_export: keyOf(metricsSettings.enabled),
  }).optional(),
  recovery: section({ ...limits, agents: agents.optional() }).optional(),
  alerts: section({
    in_process: keyOf(alertSettings.inProcess),
    channels: channelsSchema.optional(),
    rules: rulesSchema.optional(),
  }).optional(),
})

/** A key of the file that is a setting: its rule, sentence and default. */
function keyOf<T>({ value, about, default: fallback }: Setting<T>): z.ZodOptional<z.ZodType<Exclude<T, undefined>>> {
  return value.schema.optional().meta({ description: about, default: fallback })
}
