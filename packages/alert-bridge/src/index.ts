export type { Alert, AlertGroup } from './inbox/alert-group.ts'
export { openBridge, type Bridge, type BridgeConfiguration, type BridgeOptions } from './open-bridge.ts'
export { StoreError, type StoreFailure } from './store/store-error.ts'
