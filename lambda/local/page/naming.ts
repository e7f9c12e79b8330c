// What people call whatever a call was about: the short name of the client, from its id, its secret's name or its ARN. Known from an index, so
// that a laptop with thousands of clients is not searched for every call.
import { TAG } from '../../core/secret/secret-tags.ts'
import { isOfStage, shortNameOf } from '../../core/secret/stage-secrets.ts'
import type { PeekedSecret } from '../aws/peek.ts'
import type { Laptop } from '../laptop/laptop.ts'

export interface Naming {
  /** '' for what is no client of the stage. */
  nameOf(subject: string): string
  secretNameOf(clientId: string): string | undefined
  /** A client that appeared without a call. */
  know(clientId: string, secretName: string): void
  close(): void
}

const namingOps = new Set(['CreateSecret', 'TagResource'])

export const createNaming = ({ aws, stage, world }: Pick<Laptop, 'aws' | 'stage' | 'world'>): Naming => {
  const secretNames = new Map<string, string>()
  const index = ({ name, tags }: PeekedSecret): void => {
    const clientId = tags[TAG.client]
    if (clientId !== undefined) secretNames.set(clientId, name)
  }
  for (const secret of aws.peekAll()) index(secret)
  const untap = aws.tap(({ op, subject, phase }) => {
    const secret = phase === 'after' && subject !== null && namingOps.has(op) ? aws.peek(subject) : undefined
    if (secret !== undefined) index(secret)
  })
  world.onReset(() => secretNames.clear())
  return {
    nameOf: (subject) => {
      if (subject === '') return ''
      const secret = aws.peek(secretNames.get(subject) ?? subject)
      return secret !== undefined && isOfStage(stage, secret) ? shortNameOf(stage, secret.name) : ''
    },
    secretNameOf: (clientId) => secretNames.get(clientId),
    know: (clientId, secretName) => secretNames.set(clientId, secretName),
    close: untap,
  }
}
