import type { Configuration } from '@swarmwatch/config'

import { basicAuth } from '../alerts/receivers/alertmanager-receiver.ts'
import { errorWord } from '../error-word.ts'
import { type Finding, ok, warning, wrong } from './finding.ts'

/** Whether the Alertmanager of `ALERTMANAGER_URL` answers and takes the password; nothing where there is none. */
export async function checkAlertmanager({ alerts }: Configuration, timeoutMs = 3_000): Promise<Finding[]> {
  const { alertmanagerUrl, alertmanagerUser: user, alertmanagerPassword: password } = alerts
  if (alertmanagerUrl === undefined) return []
  const where = `Alertmanager at ${new URL(alertmanagerUrl).host} (password ${password ? 'set' : 'not set'})`
  try {
    const response = await fetch(`${alertmanagerUrl.replace(/\/+$/, '')}/api/v2/status`, {
      headers: password ? { authorization: basicAuth({ user, password }) } : {},
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    if (response.ok) return [ok(`${where} answers`)]
    if (response.status === 401) {
      const cure = password
        ? 'are ALERTMANAGER_USER and ALERTMANAGER_PASSWORD its user and password?'
        : 'set ALERTMANAGER_PASSWORD, or ALERTMANAGER_PASSWORD_FILE, to its password'
      return [wrong(`${where} refuses (401): ${cure}`)]
    }
    return [warning(`${where} answers ${response.status}: is ALERTMANAGER_URL the address of an Alertmanager?`)]
  } catch (error) {
    return [wrong(`${where} cannot be reached (${errorWord(error)}): is it running, and ALERTMANAGER_URL right?`)]
  }
}
