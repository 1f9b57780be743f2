import { type FieldName, readTemplate, type TemplateField } from '@swarmwatch/config'

import { affectedAgents, affectedAlerts, affectedThings, labelValues, listed, sharedAnnotation } from './alert-facts.ts'
import { cleanLine, cleanText } from './clean-text.ts'
import { noticeLinks } from './notice-links.ts'
import { localTime, noticeTimes, readableDuration } from './notice-times.ts'
import { type Notice, statusWord } from './notice.ts'

/** Title and text as the templates have them; undefined where there is no template, and for messages that are not about alerts. */
export function ownWords(notice: Notice): { readonly title: string | undefined; readonly text: string | undefined } {
  const { kind, style = {} } = notice
  // a template describes one incident
  const isAboutAlerts =
    notice.incidents === undefined && (kind === 'firing' || kind === 'repeat' || kind === 'escalation' || kind === 'resolved')
  if (!isAboutAlerts) return { title: undefined, text: undefined }
  const { titleTemplate, firingTemplate, resolvedTemplate } = style
  const title = cleanLine(rendered(titleTemplate, notice), 200)
  const text = cleanText(rendered(kind === 'resolved' ? resolvedTemplate : firingTemplate, notice), 2_400)
  // a template whose fields are all empty must not leave a message without words
  return { title: title || undefined, text: text || undefined }
}

function rendered(template: string | undefined, notice: Notice): string {
  if (template === undefined) return ''
  return readTemplate(template)
    .parts.map((part) => (typeof part === 'string' ? part : valueOf(part.field, notice) || part.otherwise))
    .join('')
}

function valueOf(field: FieldName, notice: Notice): string {
  const [group, ...name] = field.split('.')
  if (group === 'labels') return labelValues(affectedAlerts(notice), name.join('.')) ?? ''
  if (group === 'annotations') return cleanText(sharedAnnotation(affectedAlerts(notice), name.join('.')) ?? '', 1_200)
  return fields[field as TemplateField](notice)
}

const linkOf = (notice: Notice, wanted: string): string => noticeLinks(notice).find(({ name }) => name === wanted)?.url ?? ''
const textOf = (notice: Notice, key: string): string => cleanText(sharedAnnotation(affectedAlerts(notice), key) ?? '', 1_200)
const count = ({ alerts }: Notice, wanted: string): string => `${alerts.filter(({ status }) => status === wanted).length}`

const fields: Readonly<Record<TemplateField, (notice: Notice) => string>> = {
  status: (notice) => statusWord(notice),
  severity: ({ severity }) => severity,
  title: ({ title }) => cleanLine(title, 120),
  names: (notice) => {
    const agents = affectedAgents(notice)
    return listed(agents.length > 0 ? agents : affectedThings(notice))
  },
  summary: (notice) => textOf(notice, 'summary'),
  description: (notice) => textOf(notice, 'description'),
  since: (notice) => localTime(noticeTimes(notice).startedAt, notice.style?.timeZone) ?? '',
  ended: (notice) => localTime(noticeTimes(notice).endedAt, notice.style?.timeZone) ?? '',
  lasted: (notice) => {
    const { lastedSeconds } = noticeTimes(notice)
    return lastedSeconds === undefined ? '' : readableDuration(lastedSeconds)
  },
  firing: (notice) => count(notice, 'firing'),
  resolved: (notice) => count(notice, 'resolved'),
  runbook: (notice) => linkOf(notice, 'Runbook'),
  dashboard: (notice) => linkOf(notice, 'Dashboard at that time'),
}
