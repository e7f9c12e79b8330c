// Whose account a run would work in, asked of STS before anything is made, named to whoever started it, and agreed to by its number.
import { createInterface } from 'node:readline/promises'
import type { SignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { queryRequest } from './query-call.ts'

export interface LiveCaller {
  readonly accountId: string
  readonly arn: string
}

const TIMEOUT_MS = 10_000

/** @throws TypeError with what to do: no credentials, or none that work. */
export const identityOf = async (sts: SignedCall): Promise<LiveCaller> => {
  const request = queryRequest('2011-06-15', 'GetCallerIdentity', {})
  const { status, body } = await sts(request, TIMEOUT_MS).catch((error: unknown) => {
    throw new TypeError(`There are no AWS credentials that work (${error instanceof Error ? error.name : 'unknown'}).`)
  })
  const [, accountId] = /<Account>(\d{12})<\/Account>/.exec(body) ?? []
  const [, arn = 'unknown'] = /<Arn>([^<]+)<\/Arn>/.exec(body) ?? []
  if (accountId !== undefined) return { accountId, arn }
  const [, code = `status ${status}`] = /<Code>([^<]+)<\/Code>/.exec(body) ?? []
  throw new TypeError(`AWS does not take these credentials (${code}).`)
}

export interface AccountQuestion {
  readonly caller: LiveCaller
  readonly yesAccount: string | undefined
  /** Undefined: nobody is there to be asked. */
  readonly ask: ((question: string) => Promise<string>) | undefined
}

/** @throws TypeError unless exactly this account was agreed to. */
export const agree = async ({ caller: { accountId }, yesAccount, ask }: AccountQuestion): Promise<void> => {
  if (yesAccount !== undefined) {
    if (yesAccount === accountId) return
    throw new TypeError(`The credentials belong to account ${accountId}, and --yes-account names ${yesAccount}.`)
  }
  if (ask === undefined) throw new TypeError(`Nobody can be asked: agree with --yes-account ${accountId}.`)
  const answer = await ask("Type the account's number to go on: ")
  if (answer.trim() !== accountId) throw new TypeError('That is not the account; nothing was made.')
}

export const askOnTerminal = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}
