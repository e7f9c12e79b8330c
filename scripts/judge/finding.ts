// What a rule finds, and what a rule is. A rule looks at every stack that is deployed together, since some faults lie between two.
import type { Stack } from './template.ts'

export interface Finding {
  readonly rule: string
  /** Stack and logical id. */
  readonly at: string
  readonly says: string
}

export interface Settings {
  /** Lambda's concurrent executions that the account has in the Region. */
  readonly concurrencyQuota: number
}

export interface Rule {
  readonly id: string
  readonly judge: (stacks: readonly Stack[], settings: Settings) => readonly Finding[] | Promise<readonly Finding[]>
}

export const printed = ({ rule, at, says }: Finding): string => `${rule} ${at}: ${says}`

/** Makes the findings of one rule, each at one place. */
export const finder =
  (rule: string) =>
  ({ name }: Pick<Stack, 'name'>, id: string, says: string): Finding => ({ rule, at: `${name}/${id}`, says })
