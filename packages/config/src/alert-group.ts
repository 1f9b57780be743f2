/** One alert of a group, as Alertmanager's webhook sends it. */
export interface GroupAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly startsAt: string
  /** ISO 8601; `0001-01-01T00:00:00Z` while the alert fires. */
  readonly endsAt?: string | undefined
  readonly generatorURL?: string | undefined
  /** 16 hexadecimal digits, computed from the labels. */
  readonly fingerprint?: string | undefined
}

/** Why Alertmanager sends a notification. */
export type NotificationReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed'

/**
 * Payload of Alertmanager's webhook, version 4. Optional keys are those that some senders or older versions leave out; a payload may
 * contain further keys.
 */
export interface AlertGroup {
  readonly version: '4'
  readonly groupKey?: string | undefined
  /** `firing` while at least one of the alerts fires. */
  readonly status: 'firing' | 'resolved'
  readonly receiver: string
  readonly groupLabels: Readonly<Record<string, string>>
  readonly commonLabels: Readonly<Record<string, string>>
  readonly commonAnnotations: Readonly<Record<string, string>>
  /** Since Alertmanager 0.34. */
  readonly routeLabels?: Readonly<Record<string, string>> | undefined
  readonly alerts: readonly GroupAlert[]
  readonly externalURL: string
  /** Alerts that Alertmanager left out because of `max_alerts`. */
  readonly truncatedAlerts: number
  /** A {@link NotificationReason}, or a reason of a newer version. Since Alertmanager 0.32. */
  readonly notification_reason?: string | undefined
}
