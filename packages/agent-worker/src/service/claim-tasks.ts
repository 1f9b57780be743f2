import type { JobWithMetadata, PgBoss } from 'pg-boss'

/** Limits over all workers of a queue; only workers with the same limits keep them. */
export interface ClaimLimits {
  /** Maximum number of running tasks of an agent. @default none */
  readonly agentConcurrency?: number | undefined
  /** Maximum number of running tasks that use the model provider of this worker. @default none */
  readonly providerConcurrency?: number | undefined
  /** Name of the model provider that the tasks of this worker use. @default 'default' */
  readonly provider?: string | undefined
}

/** Claims up to `places` tasks, those of the highest priority first, then the oldest ones. */
export type ClaimTasks<Data> = (places: number) => Promise<JobWithMetadata<Data>[]>

/** Seconds after which PostgreSQL ends the transaction of a worker that has fallen silent, so that the others can claim again. */
const silenceSeconds = 5

/**
 * Returns a function that claims tasks and never exceeds the limits. pg-boss counts the running tasks before it claims one, so that two
 * claims at the same instant could both take the last place. With a limit, workers therefore claim one after the other, under an
 * advisory lock. The job's group is its agent; the provider is that of the worker which claims it, kept in a table of its own.
 */
export async function openClaims<Data>(
  boss: PgBoss,
  queue: string,
  schema: string,
  { agentConcurrency, providerConcurrency, provider = 'default' }: ClaimLimits,
): Promise<ClaimTasks<Data>> {
  const database = boss.getDb()
  const fetch = { includeMetadata: true } as const
  if (agentConcurrency === undefined && providerConcurrency === undefined) {
    return (places) => boss.fetch<Data>(queue, { ...fetch, batchSize: places })
  }
  const claims = `${schema}.provider_claims`
  const columns = 'job uuid PRIMARY KEY, attempt int NOT NULL, provider text NOT NULL'
  await ignoringDuplicates(database.executeSql(`CREATE TABLE IF NOT EXISTS ${claims} (${columns})`))
  const running = `SELECT FROM ${schema}.job WHERE name = '${queue}' AND id = job AND state = 'active' AND retry_count = attempt`

  return async (places) => {
    const transaction = await database.beginTransaction!()
    try {
      const { db } = transaction
      // A statement of its own: the ones after it see what the previous holder of the lock has claimed
      const lock = `pg_advisory_xact_lock(hashtextextended('${schema}.claims', 0))`
      await db.executeSql(`SELECT set_config('idle_in_transaction_session_timeout', '${silenceSeconds}s', true), ${lock}`)
      let free = places
      if (providerConcurrency !== undefined) {
        await db.executeSql(`DELETE FROM ${claims} WHERE NOT EXISTS (${running})`)
        const { rows } = await db.executeSql(`SELECT count(*)::int AS count FROM ${claims} WHERE provider = $1`, [provider])
        free = Math.min(free, providerConcurrency - (rows[0] as { count: number }).count)
      }
      const claimed = []
      while (claimed.length < free) {
        // One at a time: of a batch, pg-boss takes the tasks of a group in any order
        const [job] = await boss.fetch<Data>(queue, {
          ...fetch,
          db,
          ...(agentConcurrency && { groupConcurrency: agentConcurrency }),
        })
        if (!job) break
        claimed.push(job)
      }
      if (providerConcurrency !== undefined && claimed.length > 0) {
        const values = [claimed.map(({ id }) => id), claimed.map(({ retryCount }) => retryCount), provider]
        const insert = `INSERT INTO ${claims} SELECT *, $3 FROM unnest($1::uuid[], $2::int[])`
        await db.executeSql(
          `${insert} ON CONFLICT (job) DO UPDATE SET attempt = excluded.attempt, provider = excluded.provider`,
          values,
        )
      }
      await transaction.commit()
      return claimed
    } catch (error) {
      await transaction.rollback()
      throw error
    }
  }
}

/** Two workers that start at the same time may both create it. */
export async function ignoringDuplicates(created: Promise<unknown>): Promise<void> {
  await created.catch((error: unknown) => {
    if (!['23505', '42P07', '42710'].includes(String((error as { code?: unknown }).code))) throw error
  })
}
