/// The table of all routes.
enum Routes {
    static let all: [Route] =
        events + records + push + publish + syncs + signatures + subscribers + health + descriptions
}
