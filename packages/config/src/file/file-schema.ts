import { z } from 'zod'

import { channelsSchema } from './channel-schema.ts'
import type { FileRecoveryLimits, FileSettings } from './file-settings.ts'
import { rulesSchema } from './rule-schema.ts'
import { section } from './section.ts'
import { growthFactor, interval, oneOf, onOff, retryCount, seconds } from '../value-rule.ts'

const limits = {
  max_retries: retryCount.schema.optional(),
  base_delay: seconds.schema.optional(),
  max_delay: seconds.schema.optional(),
  exponential_factor: growthFactor.schema.optional(),
}

const agents: z.ZodType<Record<string, FileRecoveryLimits>> = z.record(z.string(), section(limits), {
  error: 'must be a mapping from agent names to limits',
})

/** The whole of `config/production.yaml`. Keys it does not know are problems. */
export const fileSchema: z.ZodType<FileSettings> = section({
  monitoring: section({
    enabled: onOff.schema.optional(),
    health_check_interval: interval.schema.optional(),
    metrics_export: onOff.schema.optional(),
  }).optional(),
  recovery: section({ ...limits, agents: agents.optional() }).optional(),
  alerts: section({
    in_process: oneOf(['auto', 'on', 'off']).schema.optional(),
    channels: channelsSchema.optional(),
    rules: rulesSchema.optional(),
  }).optional(),
})
