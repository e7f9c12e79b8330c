// Whose rights the page's buttons have: the laptop's identities that a person would choose between, and what each one may, in a sentence.
import type { LaptopAddress } from '../laptop/address.ts'

export interface Actor {
  /** A key id of lambda/local/iam/people.ts. */
  readonly key: string
  readonly label: string
  /** The label in a sentence. */
  readonly who: string
  /** One sentence or two. */
  readonly may: string
}

const everybody: readonly Actor[] = [
  {
    key: 'operator',
    label: 'operator',
    who: 'an operator',
    may: 'Has the operator policy: rotates, registers clients and reports leaks. Reads no value.',
  },
  {
    key: 'reader',
    label: 'consumer',
    who: 'a consumer',
    may: 'Named as a reader in the policies of the secrets: reads a value, and changes nothing.',
  },
  {
    key: 'power-user',
    label: 'power user',
    who: 'a power user',
    may: 'Has PowerUserAccess, which allows nearly everything. The policies of the secrets do not name it.',
  },
  { key: 'stranger', label: 'stranger', who: 'a stranger', may: 'A role of the account without any policy.' },
  {
    key: 'break-glass',
    label: 'break-glass',
    who: 'break-glass',
    may: 'Has AdministratorAccess, and the policies of the secrets name it: may do everything, and read values.',
  },
]

/** The first is whoever is chosen unless somebody says otherwise; empty where everybody may do everything. */
export const actorsOf = ({ identities }: Pick<LaptopAddress, 'identities'>): readonly Actor[] =>
  everybody.filter(({ key }) => identities?.[key] !== undefined)
