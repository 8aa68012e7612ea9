/**
 * What looks encrypted: base64, or its variant for URLs, as long as the ciphertext of a sentence is at least. Long credentials
 * look like it, too; and in what is encrypted there are look-alikes of short ones.
 */
export const isCiphertext = (value: string): boolean => value.length >= 64 && /^[A-Za-z0-9+/_=-]*$/.test(value)
