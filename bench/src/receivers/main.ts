import { measureReceivers } from './measure-receivers.ts'
import { receiversSection } from './report-receivers.ts'

console.log(receiversSection(await measureReceivers()))
