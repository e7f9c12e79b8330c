/** Calls by which the functions write the list of revocations, whenever they come to it: not those of whoever is watched. */
export const PUBLISHING: readonly string[] = ['GetPublicKey', 'GetObject', 'Sign', 'PutObject', 'ResourceAnswer']
