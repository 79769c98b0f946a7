def test_x(batch, shared_data):
    print(batch.report); print(batch.features.glimpse())
