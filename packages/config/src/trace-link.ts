import { readable, type ValueRule } from './value-rule.ts'

const placeholder = '{trace_id}'

/**
 * The address at which a trace opens in a browser, with `{trace_id}` in place of its id. The address of a Grafana alone becomes that of
 * its Explore page, with the data source of traces of `grafana/provisioning`.
 */
export const traceLink: ValueRule<string> = readable(
  `must be an http or https URL without user name and password: with ${placeholder} in place of the id of a trace, or the address of Grafana`,
  (text) => {
    const url = URL.parse(text.replaceAll(placeholder, '0'))
    if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
    return text.includes(placeholder) ? text : `${text.replace(/\/+$/, '')}/explore?${exploreQuery}`
  },
)

/** The address of one trace, or undefined without a link or with an id that is not hexadecimal. */
export function traceUrl(link: string | undefined, traceId: string): string | undefined {
  return link === undefined || !/^[\da-f]{1,32}$/i.test(traceId) ? undefined : link.replaceAll(placeholder, traceId)
}

const dataSource = { type: 'jaeger', uid: 'traces' }
const panes = {
  trace: { datasource: dataSource.uid, queries: [{ refId: 'trace', datasource: dataSource, query: '@' }] },
}
const exploreQuery = `schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes)).replace('%40', placeholder)}`
