// `m2m claims`: which secret holds which Connected App or SCIM connection. M2M clients are not among them: Stytch itself keeps who manages
// those. Writing is break-glass's; what a value does not prove is refused by the clients function.
import type { Command } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import type { ClaimStanding } from '../../lambda/core/clients/claim-states.ts'
import { MAX_EXAMINED, type WrittenClaim } from '../../lambda/core/clients/clients-api.ts'
import { shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { findOne, readFleet } from '../show/choose.ts'
import { claimWords, readStandings } from '../show/claims.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, exitOf } from '../terminal/command-fault.ts'
import { addCaution } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'

interface ClaimsOptions {
  readonly check?: true
  readonly write?: true
  readonly dryRun?: true
  readonly yes?: true
}

interface ClaimResult {
  readonly name: string
  readonly clientId?: string
  readonly outcome: string
  readonly why?: string
}

const check = async (context: CommandContext, standings: readonly ClaimStanding[]): Promise<Ending> => {
  const view = await context.view()
  const claims = standings.map((standing) => {
    const name = shortNameOf(view, standing.secret.name)
    const { clientId, state, holder } = standing
    return { name, clientId, state, holder: holder ?? null, ...claimWords(standing, name) }
  })
  const open = claims.filter(({ state }) => state !== 'claimed')
  const said =
    claims.length === 0
      ? 'No secret of this stage is tagged for a Connected App or a SCIM connection.'
      : open.length === 0
        ? `All claims are written: ${count(claims.length, 'client')}.`
        : open.map(({ name, what = '', todo = '' }) => `${name}: ${what}\n  → ${todo}`).join('\n')
  return {
    json: { stage: context.stage, claims: claims.map(({ what: _what, todo: _todo, ...rest }) => rest) },
    text: `${table(
      ['CLIENT', 'ID', 'CLAIM'],
      claims.map(({ name, clientId, state }) => [name, clientId, state]),
    )}\n${said}`,
    exitCode: open.length === 0 ? EXIT.ok : EXIT.failed,
  }
}

/** Without names: what one secret alone is tagged for. Of several that are, a person has to name one. */
const chosen = async (
  context: CommandContext,
  standings: readonly ClaimStanding[],
  names: readonly string[],
): Promise<readonly string[]> => {
  if (names.length > 0) return Promise.all(names.map(async (name) => (await findOne(context, name)).name))
  return standings.flatMap(({ state, secret }) => (state === 'noted' || state === 'unclaimed' ? [secret.name] : []))
}

const write = async (
  context: CommandContext,
  standings: readonly ClaimStanding[],
  { names, options }: { readonly names: readonly string[]; readonly options: ClaimsOptions },
): Promise<Ending> => {
  const view = await context.view()
  const wanted = await chosen(context, standings, names)
  const contested = names.length > 0 ? [] : standings.filter(({ state }) => state === 'contested')
  const { clientsApi } = await context.connect()
  const by = await context.by()
  const written: WrittenClaim[] = []
  if (options.dryRun !== true && wanted.length > 0) {
    await context.screen.confirm(
      `Write ${count(wanted.length, 'claim')} of stage ${context.stage}? From then on each secret alone rotates its client.`,
      options.yes === true,
    )
    for (let from = 0; from < wanted.length; from += MAX_EXAMINED) {
      const secretNames = wanted.slice(from, from + MAX_EXAMINED)
      written.push(...(await clientsApi.writeClaims({ secretNames, ...defined({ by }) })))
    }
  }
  const outcomes =
    options.dryRun === true ? wanted.map((secretName) => ({ secretName, outcome: 'would be written' })) : written
  const results: readonly ClaimResult[] = [
    ...outcomes.map(({ secretName, ...rest }) => ({ name: shortNameOf(view, secretName), ...rest })),
    ...contested.map(({ secret, clientId }) => ({
      name: shortNameOf(view, secret.name),
      clientId,
      outcome: 'refused',
      why: `several secrets are tagged for ${clientId}: name the one that consumers read`,
    })),
  ]
  const failed = results.filter(({ outcome }) => outcome === 'refused').length
  return {
    json: { stage: context.stage, results },
    text:
      results.length === 0
        ? 'Nothing to write: all claims are written.'
        : table(
            ['CLIENT', 'CLAIM', ''],
            results.map(({ name, outcome, why = '' }) => [name, outcome, why]),
          ),
    exitCode: exitOf({ done: results.length - failed, failed }),
  }
}

const claims: Work<ClaimsOptions> = async (context, options, names) => {
  const isCheck = options.check === true
  if (isCheck === (options.write === true)) throw new CommandFault(EXIT.usage, 'expected either --check or --write')
  if (isCheck && names.length > 0) throw new CommandFault(EXIT.usage, '--check takes no names: it looks at all')
  const standings = await readStandings(context, await readFleet(context, {}))
  return isCheck ? check(context, standings) : write(context, standings, { names, options })
}

export const addClaims = (program: Command): void => {
  const command = program
    .command('claims')
    .description('which secret holds which Connected App or SCIM connection; nothing else rotates it')
    .argument('[client...]', 'with --write: names, or ARNs of secrets; else all that one secret alone is tagged for')
    .option('--check', 'list them; exit 1 while one is not written')
    .option('--write', 'break-glass: write the claims that values prove')
  addCaution(command).action(run(claims))
}
