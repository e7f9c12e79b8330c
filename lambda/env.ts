// The one place where a function's environment is read. What stands in it is the settings contract between lib, which writes it, and the
// handlers, which read it: env/ has one file a function, each pure, a record in, typed settings out, every fault reported at once. A
// deployed environment holds names and ids, never a secret.
import type { Environment } from './env/reader.ts'

export const processEnvironment = (): Environment => process.env
