export { stackFiles, type StackFiles, type StackService } from './stack-files.ts'
