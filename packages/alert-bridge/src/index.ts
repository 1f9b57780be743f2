export type { AlertGroup, GroupAlert } from '@swarmwatch/config'
export { openBridge, type Bridge, type BridgeConfiguration, type BridgeOptions } from './open-bridge.ts'
export { StoreError, type StoreFailure } from './outbox/store.ts'
