// Rights of a template that no suite's call can need, each with its reason: what AWS does there, no stand-in plays.
import type { GivenRight } from './replay.ts'

interface Uncalled {
  readonly fits: (right: GivenRight) => boolean
  readonly reason: string
}

const uncalled: readonly Uncalled[] = [
  {
    fits: ({ action }) => /^(logs|xray):/.test(action),
    reason: 'Lambda and API Gateway write logs and traces themselves; the laptop prints them',
  },
  {
    fits: ({ action }) => /^sqs:GetQueue(Attributes|Url)$/.test(action),
    reason: 'CDK gives both to whoever may send; neither reads a message',
  },
  {
    fits: ({ holder, action }) => holder.includes(':kms:') && action === 'kms:*',
    reason: "the account's root administers each key, so that none is ever without an administrator",
  },
]

/** @returns undefined: a call has to need it */
export const reasonFor = (right: GivenRight): string | undefined => uncalled.find(({ fits }) => fits(right))?.reason
