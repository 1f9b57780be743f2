import { colours } from './style/colours.ts'
import { lists } from './style/lists.ts'
import { page } from './style/page.ts'
import { readings } from './style/readings.ts'
import { tables } from './style/tables.ts'

/** The page's style, served as it stands. */
export const styleSheet: string = [colours, page, readings, tables, lists].join('\n')
