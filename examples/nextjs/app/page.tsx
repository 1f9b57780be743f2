import type { ReactNode } from 'react'

import { reporter } from '../reporter.ts'

export const dynamic = 'force-dynamic'

export default async function Page(): Promise<ReactNode> {
  return <p>{await reporter('What is the weather in Bern?')}</p>
}
