import { firing } from '../helpers/alert-groups.ts'
import { token } from '../helpers/token.ts'

/** Posts groups, each another one, from several connections until it is stopped. */
export interface Load {
  /** Ids that were answered 200, and the names of their alerts. */
  readonly acknowledged: Map<string, string>
  stop(): Promise<void>
}

let posted = 0

export function startLoad(url: string, acknowledged: Map<string, string>, connections = 4): Load {
  let isStopped = false

  async function post(): Promise<void> {
    while (!isStopped) {
      posted += 1
      const name = `Alert${posted}`
      try {
        const response = await fetch(`${url}/api/v1/alerts`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify(firing({ name })),
        })
        const { id } = (await response.json()) as { id: string }
        if (response.status === 200) acknowledged.set(id, name)
      } catch {
        // the bridge is gone: what was not answered was not promised
        return
      }
    }
  }

  const done = Promise.all(Array.from({ length: connections }, post))
  return {
    acknowledged,
    stop: async () => {
      isStopped = true
      await done
    },
  }
}
