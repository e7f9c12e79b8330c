// What synth has to know of a secret's policy before there is a secret: its form, whose readers the key admits, how many of them fit.
export {
  accountOf,
  type ReaderAdmission,
  strangeAccounts,
  strangeAccountsFault,
} from '../core/clients/reader-admission.ts'
export { policyFault, policyForm } from '../core/clients/secret-policy.ts'
