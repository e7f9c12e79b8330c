// What a secret's metadata shows where nobody described, scheduled, read or replicated it: for tests that are about something else.
import type { Secret } from '../../lambda/core/secret/secret.ts'

export const BLANK: Pick<Secret, 'description' | 'rules' | 'lastReadOnDayAt' | 'replicas'> = {
  description: undefined,
  rules: undefined,
  lastReadOnDayAt: undefined,
  replicas: [],
}
