// Adopts a secret where it is, by the clients function: what the row says, how the client is called from then on, and nothing else. No value
// passes through here.

import { defined } from '../../lambda/core/base/defined.ts'
import type { Adopted, InPlaceAsked, StageView } from '../../lambda/core/clients/clients-api.ts'
import { isClientName } from '../../lambda/core/secret/client-name.ts'
import { isNameOfStage, outsideFault, prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import { spanHours } from '../../lib/config/client-config.ts'
import { ownBackstopRules } from '../../lib/config/rotation-schedule.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import type { AdoptionRow } from './adoption-rows.ts'

const refuse = (secretName: string, why: string): CommandFault =>
  new CommandFault(EXIT.refused, `secret ${secretName} was not adopted where it is, and nothing was changed: ${why}`)

/** What it can be called: its own name, or what follows its prefix where no other client of the stage is called so. */
const assertName = async (
  context: CommandContext,
  view: StageView,
  name: string,
  secretName: string,
): Promise<void> => {
  if (!isNameOfStage(view, secretName)) throw new CommandFault(EXIT.refused, outsideFault(view, secretName))
  if (name === secretName) return
  const prefix = prefixesOf(view).find((one) => secretName.startsWith(one)) ?? ''
  const rest = secretName.slice(prefix.length)
  if (name !== rest || !isClientName(rest)) {
    const or = isClientName(rest) ? `${rest}, or ${secretName}` : secretName
    throw refuse(secretName, `it cannot be called ${name}: call it ${or}`)
  }
  const { secrets } = await context.connect()
  const other = await secrets.describe(`${view.secretNamePrefix}${rest}`)
  if (other === undefined) return
  throw refuse(secretName, `${rest} means ${other.name} already: call it ${secretName}`)
}

export const adoptRowInPlace = async (
  context: CommandContext,
  row: AdoptionRow & { readonly secret: string },
  isDryRun: boolean,
): Promise<Adopted> => {
  const view = await context.view()
  const { secret: secretName, name, clientId, readers, overlap, period, fields = {} } = row
  await assertName(context, view, name, secretName)
  const hours = spanHours(period)
  const asked: InPlaceAsked = {
    secretName,
    fields,
    consumers: readers,
    rules: hours === undefined ? view.backstop : ownBackstopRules(hours, view.backstop),
    ...defined({ overlap, period, clientId: clientId === '' ? undefined : clientId }),
    tags: {},
    heldBy: (await context.by()) ?? 'unknown',
    ...(isDryRun ? { isDryRun } : {}),
  }
  const { clientsApi } = await context.connect()
  return clientsApi.adoptInPlace(asked)
}
