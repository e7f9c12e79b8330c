// `m2m deactivate` and `m2m activate`: Stytch's own switch, for break-glass alone. An inactive client gets no token whatever value it has;
// the published list of revocations says so, and whoever does not read that takes the tokens that it has until they expire.
import type { Command } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import { clientIdOf } from '../../lambda/core/secret/secret-tags.ts'
import { TOKEN_LIFETIME_MS } from '../../lambda/core/secret/token-lifetime.ts'
import { findOne } from '../show/choose.ts'
import { EXIT } from '../terminal/command-fault.ts'
import { addCaution } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { at } from '../terminal/words.ts'

interface SwitchOptions {
  readonly dryRun?: true
  readonly yes?: true
}

const setTo =
  (isActive: boolean): Work<SwitchOptions> =>
  async (context, options, [name = '']) => {
    const secret = await findOne(context, name)
    const state = isActive ? 'active' : 'inactive'
    const clientId = clientIdOf(secret)
    const answer = (words: string, isDone: boolean) => ({
      json: { stage: context.stage, name, clientId: clientId ?? null, isActive: isDone ? isActive : null },
      text: `${name} ${words}`,
      exitCode: EXIT.ok,
    })
    if (options.dryRun === true) return answer(`would be ${state}`, false)
    const question = isActive
      ? `Let client ${name} of stage ${context.stage} get tokens again?`
      : `Refuse every token to client ${name} of stage ${context.stage}? Everything that uses it stops.`
    await context.screen.confirm(question, options.yes === true)
    const { clientsApi } = await context.connect()
    const { published } = await clientsApi.setActive({
      secretName: secret.name,
      isActive,
      ...defined({ by: await context.by() }),
    })
    const ends = at(context.timing.now() + TOKEN_LIFETIME_MS)
    // Undefined: the stage has no vendor, and publishes no list.
    const listed = {
      published: `the list of revocations refuses its tokens; where that is not read they end by ${ends}`,
      pending: `the list of revocations could not be written, and the next sweep writes it; tokens that it has end by ${ends}`,
    }
    const words = published === undefined ? `tokens that it has end by ${ends}` : listed[published]
    return answer(isActive ? 'is active' : `is inactive; ${words}`, true)
  }

export const addSwitch = (program: Command): void => {
  const argument = ['<client>', "the client's name, or the ARN of its secret"] as const
  const deactivate = program.command('deactivate').description('break-glass: make Stytch refuse the client every token')
  addCaution(deactivate.argument(...argument)).action(run(setTo(false)))
  const activate = program.command('activate').description('break-glass: make Stytch issue tokens to the client again')
  addCaution(activate.argument(...argument)).action(run(setTo(true)))
}
