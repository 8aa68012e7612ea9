interface Rules {
  readonly forbidden: readonly object[]
  readonly options: { readonly enhancedResolveOptions: object }
}
declare const rules: Rules
export default rules
